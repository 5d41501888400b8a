CREATE TYPE trading.mine AS ENUM ('a')
