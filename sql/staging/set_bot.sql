SET VARIABLE bot = $bot
