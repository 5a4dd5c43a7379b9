"""The two quality gates (draaiboek O and Q): what was measured, what people say, GO or NO-GO."""
