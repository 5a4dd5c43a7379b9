"""The sample that a care provider judges: KT 1.3 beside KT 2.0 as the server has it (Q.3)."""
