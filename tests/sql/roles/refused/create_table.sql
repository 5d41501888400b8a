CREATE TABLE trading.mine (a integer)
