"""What others judged malicious: indicators, who says so, and how independent they are of each other."""
