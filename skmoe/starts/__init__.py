"""Where a climb begins: cells and their race, splits, growth, and the revival of dead experts."""
