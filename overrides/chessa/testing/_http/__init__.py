"""HTTP of the sandbox: requests performed, a server, a transport in process."""
