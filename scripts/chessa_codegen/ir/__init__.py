"""The intermediate representation: types, names, classes and operations of the package to come."""
