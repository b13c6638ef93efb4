"""A network's data in any number: a life that the product itself has made, many times over."""
