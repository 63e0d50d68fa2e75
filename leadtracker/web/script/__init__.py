"""What the script on a site's pages asks for."""
