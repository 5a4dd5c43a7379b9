"""The state of a domain that several suppliers bring together, from the server alone."""
