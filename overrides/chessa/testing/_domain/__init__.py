"""The domain of the sandbox: orders, recipients, money."""
