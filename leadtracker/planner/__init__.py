"""How many numbers a site needs: the pure model, and the code that makes a site's plan."""
