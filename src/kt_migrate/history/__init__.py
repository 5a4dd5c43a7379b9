"""What the archive says of each object: every sighting of it, which state is its last, and why.

Read in this order: `reading` (documents come in), `order` (which of two states is later),
`last_states` (the last of each object), `careplans` (activities and the like), `definitions`
(the catalogue), `census` (the same archive by a road of its own).
"""
