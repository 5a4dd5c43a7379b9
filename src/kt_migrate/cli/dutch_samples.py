"""The Dutch of what stops a sample; `dutch_errors` has how it is looked up."""

from __future__ import annotations

SAMPLES = {
    "A sample is a share or a number of patients.": "Een steekproef is een deel of een aantal patiënten.",
    "Give one of the two.": "Geef één van de twee.",
    "This cannot be the seed of a sample.": "Dit kan geen seed van een steekproef zijn.",
    "Use letters, digits, dots, hyphens and underscores, 64 at most.": "Gebruik letters, cijfers, punten, koppeltekens en lage streepjes, hoogstens 64.",
    "A seed is of a sample, and none is asked for.": "Een seed hoort bij een steekproef, en die is niet gevraagd.",
    "Give --sample or --patients too.": "Geef ook --sample of --patients.",
    "This is no share of a whole.": "Dit is geen deel van een geheel.",
    "Give a percentage above 0 and below 100, 5% say; without it all is written.": "Geef een percentage boven 0 en onder 100, bijvoorbeeld 5%; zonder wordt alles geschreven.",
    "The whole is no sample.": "Het geheel is geen steekproef.",
    "Leave out --whole, or the sample.": "Laat --whole weg, of de steekproef.",
    "This run was begun with the whole plan: no sample can be drawn of it any more.": "Deze run is begonnen met het hele plan: er kan geen steekproef meer van worden getrokken.",
    "Go on with the whole, or undo it with kt-migrate rollback and try again.": "Ga verder met het geheel, of draai de run terug met kt-migrate rollback en probeer opnieuw.",
    "This run was begun with another sample: {}, seed {}.": "Deze run is begonnen met een andere steekproef: {}, seed {}.",
    "Go on with that one, write the rest with --whole, or make a run folder for another with kt-migrate plan.": "Ga daarmee verder, schrijf de rest met --whole, of maak met kt-migrate plan een runmap voor een andere.",
    "What was drawn of this run's plan cannot be read.": "Wat van het plan van deze run is getrokken, is niet te lezen.",
    "The sample is not the one that was drawn.": "De steekproef is niet de getrokken steekproef.",
    "Write the whole plan with --whole, or make a new plan.": "Schrijf het hele plan met --whole, of maak een nieuw plan.",
    "The estimate of this run cannot be read.": "De schatting van deze run is niet te lezen.",
    "Remove the file: kt-migrate trial makes it anew.": "Verwijder het bestand: kt-migrate trial maakt het opnieuw.",
}
