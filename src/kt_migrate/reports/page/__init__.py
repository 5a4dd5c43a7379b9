"""The page of a report: what `inspect`, `plan`, `trial`, `run` and `cluster` say to people.

A builder per kind makes a `Page`, which is only values in the reader's language; `html` draws it
as one file that needs nothing from elsewhere, `workbook` as a spreadsheet.
"""
