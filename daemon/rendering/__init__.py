"""From a letter that was decided to the words and bytes that leave."""
