"""What the package adds to `fifoledger demo`: an outage, and how everything that happened meanwhile is explained."""
