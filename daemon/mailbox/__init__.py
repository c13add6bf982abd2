"""What lies in the office's mailbox: raw messages become plain values."""
