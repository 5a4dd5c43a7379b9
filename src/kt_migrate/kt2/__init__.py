"""The target's wire: SMART backend services login, FHIR REST, classes of answers, pace."""
