"""Everything that speaks to Crisp: REST, RTM, web hooks."""
