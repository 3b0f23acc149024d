"""A small numpy training that takes its part from what the four job kinds tell a pod."""
