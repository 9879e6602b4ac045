"""What a pilot's layers see, and what a resolution brings and costs."""
