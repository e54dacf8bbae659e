"""Where work runs and state lives: journal, steps, executor, checkpoints, database, files, clock."""
