SELECT lo_export(lo_from_bytea(0, '\x00'), '/tmp/fifoledger_hostile')
