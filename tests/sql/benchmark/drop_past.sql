DROP TABLE past_fills
