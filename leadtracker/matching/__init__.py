"""Who called: evidence in, probabilities out; pure values, known to nothing but the nouns and the standard library.

Times are epoch seconds (float) and durations seconds throughout. "Clock seconds" are those of a site's calling clock
(`calling_clock`). A "soft" number is a sum of probabilities: three calls that are half his count 1.5.
"""
