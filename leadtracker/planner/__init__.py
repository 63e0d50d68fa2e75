"""How many numbers a site needs: the pure model, and the making of a site's plan."""
