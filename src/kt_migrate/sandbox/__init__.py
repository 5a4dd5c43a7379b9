"""A KT 2.0 resource service on this machine: rules in front of a store.

For a supplier who rehearses on a laptop, and for our own tests. It knows KT 2.0's limits and
manners, and nothing of the steps of a migration.
"""
