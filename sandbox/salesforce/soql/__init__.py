"""SOQL: text to tree (parser), tree to closures over records (conditions, projection, grouping), run over the store."""
