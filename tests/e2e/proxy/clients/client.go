// The Go driver, asked for all that a client does; prints what came back as JSON.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/snowflakedb/gosnowflake"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	must(gosnowflake.GetLogger().SetLogLevel("off"))
	port, err := strconv.Atoi(os.Getenv("PROXY_PORT"))
	must(err)
	pause, err := strconv.Atoi(os.Getenv("PROXY_WAIT"))
	must(err)
	dsn, err := gosnowflake.DSN(&gosnowflake.Config{
		Account:  os.Getenv("PROXY_ACCOUNT"),
		User:     os.Getenv("PROXY_USER"),
		Password: os.Getenv("PROXY_TOKEN"),
		Host:     "127.0.0.1",
		Port:     port,
		Protocol: "http",
	})
	must(err)
	database, err := sql.Open("snowflake", dsn)
	must(err)
	database.SetMaxOpenConns(1)
	told := map[string]any{}

	var bound string
	must(database.QueryRow("SELECT S FROM NUMBERS WHERE N = ?", 7).Scan(&bound))
	told["bound"] = bound

	rows, err := database.Query("SELECT N, S FROM NUMBERS")
	must(err)
	count, sum := 0, 0
	for rows.Next() {
		var number int
		var text string
		must(rows.Scan(&number, &text))
		count, sum = count+1, sum+number
	}
	must(rows.Err())
	must(rows.Close())
	told["rows"], told["sum"] = count, sum

	var answer int
	later, err := database.QueryContext(gosnowflake.WithAsyncMode(context.Background()), "SELECT 41 + 1")
	must(err)
	later.Next()
	must(later.Scan(&answer))
	must(later.Close())
	told["async"] = answer

	limited, cancel := context.WithTimeout(context.Background(), time.Second)
	_, err = database.QueryContext(limited, os.Getenv("PROXY_ENDLESS"))
	cancel()
	told["cancelled"] = "not at all"
	var refused *gosnowflake.SnowflakeError
	if errors.As(err, &refused) {
		told["cancelled"] = strconv.Itoa(refused.Number)
	} else if errors.Is(err, context.DeadlineExceeded) {
		told["cancelled"] = "deadline"
	}

	time.Sleep(time.Duration(pause) * time.Second)
	must(database.QueryRow("SELECT 43").Scan(&answer))
	told["renewed"] = answer
	must(database.Close())
	must(json.NewEncoder(os.Stdout).Encode(told))
}
