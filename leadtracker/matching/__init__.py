"""Who called: evidence goes in, probabilities come out; pure code that imports only the domain.

Times are epoch seconds (float), and durations are seconds. "Clock seconds" run on a site's calling
clock (`calling_clock`). A "soft" number is a sum of probabilities: a visitor who made each of three
calls with probability 0.5 has 1.5 soft calls.
"""
