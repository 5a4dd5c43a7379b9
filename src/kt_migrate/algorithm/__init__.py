"""Step 3: what becomes what, as YAML: schema, code tables, policies, functions."""
