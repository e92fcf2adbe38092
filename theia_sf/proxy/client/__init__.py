"""For people: settings and environments of the clients that go through the proxy."""
