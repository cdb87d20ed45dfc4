-- What is not decided yet, or could not be, is looked through when a conversation is erased: a few
-- rows among all that ever came in. Of what is deleted in Crisp there is as little.
CREATE INDEX inbox_open ON inbox (source) WHERE state <> 'done';
CREATE INDEX conversations_gone ON conversations (number) WHERE gone = 1;
