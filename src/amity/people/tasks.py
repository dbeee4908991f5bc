"""Job entry points of the room: parse, call, done; each is safe to run twice."""
