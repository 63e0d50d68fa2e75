"""Who called: evidence in, probabilities out; pure values, known to nothing but the nouns.

Times are epoch seconds (float), and durations are seconds. "Clock seconds" are those of a site's
calling clock (`calling_clock`). A "soft" number is a sum of probabilities: three calls that are
each half a visitor's count 1.5.
"""
