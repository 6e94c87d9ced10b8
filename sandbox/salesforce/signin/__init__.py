"""How programs sign in: OAuth's grants with their pages, and SOAP's login()."""
