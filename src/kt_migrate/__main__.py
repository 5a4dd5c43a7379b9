"""`python -m kt_migrate`: the same as the `kt-migrate` command."""

from kt_migrate.cli import start

start()
