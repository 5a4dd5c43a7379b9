"""kt-migrate: moves a care provider's domain from Koppeltaal 1.3 to Koppeltaal 2.0, and proves it.

The tree is the flow: `archive` → `kt13` → `algorithm`, `mapping`, `conformance` → `plan` →
`kt2`, `load` → `verify` → `reports`. `docs/design.md` says what goes in and out of each room.
"""

__version__ = "0.1.0"
