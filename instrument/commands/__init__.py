"""The subcommands of `graindrum`, one file a group; what is heavy is imported when a command is called."""
