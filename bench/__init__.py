"""`make bench`: whole commands against stated budgets, and a record of the last run."""
