"""Who is who: which mentions are one person, and the number that person keeps. Reads int_person__mentions only."""
