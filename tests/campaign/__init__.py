"""The campaign's parts: a world in which time, the network, the disk and death are the test's."""
