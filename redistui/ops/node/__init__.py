"""What several actions do at a data node: its role, its link, its config file, a fence around its writes."""
