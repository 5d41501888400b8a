"""Where rows of the past are read from. Each source gives batches of text under the neutral names."""
