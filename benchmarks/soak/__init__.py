"""The soak: the bridge under random faults and kills, and whether all arrived once, in order."""
