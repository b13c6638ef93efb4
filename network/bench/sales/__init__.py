"""What happens to sales, measured on many of them that the product has made from a few."""
