"""What a server looks like before anything is written: whether it gives what a plan needs."""
