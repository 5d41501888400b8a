DROP TYPE trading.step;
