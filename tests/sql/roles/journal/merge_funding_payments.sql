MERGE INTO trading.funding_payments j USING (SELECT 1) one ON true WHEN MATCHED THEN DELETE
