"""Whose call it is: gathers evidence, judges, learns, explains, corrects, judges again."""
