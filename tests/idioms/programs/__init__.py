"""Published idioms as plain programs: they know of threading and queue, and of no explorer."""
