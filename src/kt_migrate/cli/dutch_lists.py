"""The Dutch of what stops a command about the error list."""

from __future__ import annotations

LISTS = {
    "No line of any error list has this word.": "Geen enkele regel van een foutenlijst heeft dit woord.",
    "Perhaps {} is meant.{}": "Misschien is {} bedoeld.{}",
    "The remarks on the error list are of another version of kt-migrate.": "De opmerkingen bij de foutenlijst zijn van een andere versie van kt-migrate.",
    "Use that version, or move the file away and import the lists again.": "Gebruik die versie, of verplaats het bestand en lees de lijsten opnieuw in.",
    "The remarks on the error list cannot be used ({}).": "De opmerkingen bij de foutenlijst zijn niet te gebruiken ({}).",
    "Look at the disk and the file's rights; move a damaged file away and import the lists again.": "Kijk naar de schijf en de rechten van het bestand; verplaats een beschadigd bestand en lees de lijsten opnieuw in.",
    "This is no list of errors: its columns are not those of errors export.": "Dit is geen foutenlijst: de kolommen zijn niet die van errors export.",
    "Keep the first row as it was written; {} and link or pseudonym must be there.": "Laat de eerste rij zoals zij was; {} en link of pseudoniem (pseudonym) moeten er staan.",
    "A column stands in the list twice.": "Een kolom staat twee keer in de lijst.",
    "Keep the one that was filled in.": "Houd die ene die is ingevuld.",
    "The list is no UTF-8 text.": "De lijst is geen UTF-8-tekst.",
    "Save it as CSV in UTF-8, or as XLSX.": "Sla haar op als CSV in UTF-8, of als XLSX.",
    "The list is no XLSX workbook.": "De lijst is geen XLSX-werkboek.",
    "The workbook is too large.": "Het werkboek is te groot.",
    "Two runs can be compared, not more.": "Twee runs zijn te vergelijken, niet meer.",
    "Name one or two.": "Noem er een of twee.",
    "There are no two runs to compare.": "Er zijn geen twee runs om te vergelijken.",
    "Name two, as 001 002 or mgr2/001 prd2/001; kt-migrate status shows them.": "Noem er twee, zoals 001 002 of mgr2/001 prd2/001; kt-migrate status toont ze.",
    "There is no such list.": "Die lijst is er niet.",
    "Name the file that was filled in.": "Noem het bestand dat is ingevuld.",
    "Give --format csv, xlsx or json, or --as-enrichment for what is missing.": "Geef --format csv, xlsx of json, of --as-enrichment voor wat ontbreekt.",
    "Choose one of: {}.": "Kies een van: {}.",
}
