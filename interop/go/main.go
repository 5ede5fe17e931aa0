// The AWS SDK for Go v2 as a user would use it. Expects KINESIS_ENDPOINT; KINESIS_TLS_ENDPOINT
// adds a run over TLS, where the SDK speaks HTTP/2 by ALPN. Closes with `N passed, N failed`.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

const shard0 = "shardId-000000000000"
const hashKeyMax = "340282366920938463463374607431768211455"

var passed, failed int

func check(name string, body func() error) {
	if err := body(); err != nil {
		failed++
		fmt.Printf("FAIL %s\n     %v\n", name, err)
		return
	}
	passed++
	fmt.Printf("ok   %s\n", name)
}

// suite tries everything with one client; `way` says how the client talks.
type suite struct {
	way     string
	client  *kinesis.Client
	stream  string
	one     string
	numbers []string
}

func (s *suite) run() {
	check(s.way+": create a stream and wait", s.create)
	check(s.way+": describe it", s.describe)
	check(s.way+": list streams and shards", s.list)
	check(s.way+": put by key and by explicit hash key", s.put)
	check(s.way+": put many and read them back", s.putMany)
	check(s.way+": iterate from every type", s.iterate)
	check(s.way+": errors have their types and texts", s.refused)
	check(s.way+": delete", s.remove)
}

func (s *suite) create() error {
	ctx := context.Background()
	for name, shards := range map[string]int32{s.stream: 3, s.one: 1} {
		input := &kinesis.CreateStreamInput{StreamName: aws.String(name), ShardCount: aws.Int32(shards)}
		if _, err := s.client.CreateStream(ctx, input); err != nil {
			return err
		}
		waiter := kinesis.NewStreamExistsWaiter(s.client, func(o *kinesis.StreamExistsWaiterOptions) {
			o.MinDelay, o.MaxDelay = 200*time.Millisecond, time.Second
		})
		wait := &kinesis.DescribeStreamInput{StreamName: aws.String(name)}
		if err := waiter.Wait(ctx, wait, 30*time.Second); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) describe() error {
	ctx := context.Background()
	out, err := s.client.DescribeStream(ctx, &kinesis.DescribeStreamInput{StreamName: &s.stream})
	if err != nil {
		return err
	}
	shards := out.StreamDescription.Shards
	if len(shards) != 3 || *shards[2].HashKeyRange.EndingHashKey != hashKeyMax {
		return fmt.Errorf("shards %v", shards)
	}
	age := time.Since(*out.StreamDescription.StreamCreationTimestamp)
	if age.Abs() > 5*time.Minute {
		return fmt.Errorf("created %v ago", age)
	}
	return nil
}

func (s *suite) list() error {
	ctx := context.Background()
	found := 0
	streams := kinesis.NewListStreamsPaginator(s.client, &kinesis.ListStreamsInput{})
	for streams.HasMorePages() {
		page, err := streams.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, name := range page.StreamNames {
			if name == s.stream || name == s.one {
				found++
			}
		}
	}
	shards, err := s.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &s.stream})
	if err != nil {
		return err
	}
	if found != 2 || len(shards.Shards) != 3 || *shards.Shards[0].ShardId != shard0 {
		return fmt.Errorf("found %d streams, shards %v", found, shards.Shards)
	}
	return nil
}

func (s *suite) put() error {
	cases := []struct{ key, hash, shard string }{
		{"a", "", "shardId-000000000000"},
		{"b", "", "shardId-000000000001"},
		{"e", "", "shardId-000000000002"},
		{"a", hashKeyMax, "shardId-000000000002"},
	}
	for _, c := range cases {
		input := &kinesis.PutRecordInput{StreamName: &s.stream, Data: []byte("x"), PartitionKey: &c.key}
		if c.hash != "" {
			input.ExplicitHashKey = &c.hash
		}
		out, err := s.client.PutRecord(context.Background(), input)
		if err != nil {
			return err
		}
		if *out.ShardId != c.shard {
			return fmt.Errorf("%v went to %s", c, *out.ShardId)
		}
	}
	return nil
}

func (s *suite) putMany() error {
	input := &kinesis.PutRecordsInput{StreamName: &s.one}
	for n := range 500 {
		input.Records = append(input.Records, types.PutRecordsRequestEntry{
			Data:         bytes.Repeat([]byte{byte(n)}, 1+n*20),
			PartitionKey: aws.String(fmt.Sprintf("schlüssel-%d", n)),
		})
	}
	out, err := s.client.PutRecords(context.Background(), input)
	if err != nil {
		return err
	}
	if *out.FailedRecordCount != 0 {
		return fmt.Errorf("%d failed", *out.FailedRecordCount)
	}
	for _, record := range out.Records {
		s.numbers = append(s.numbers, *record.SequenceNumber)
	}
	got, err := s.read(types.ShardIteratorTypeTrimHorizon, nil, 500)
	if err != nil {
		return err
	}
	if len(got) != 500 {
		return fmt.Errorf("read %d records", len(got))
	}
	for n, record := range got {
		want := input.Records[n]
		same := bytes.Equal(record.Data, want.Data) && *record.PartitionKey == *want.PartitionKey
		if !same || *record.SequenceNumber != s.numbers[n] {
			return fmt.Errorf("record %d differs", n)
		}
		if time.Since(*record.ApproximateArrivalTimestamp).Abs() > 5*time.Minute {
			return fmt.Errorf("arrived at %v", record.ApproximateArrivalTimestamp)
		}
	}
	return nil
}

// read gives up to `wanted` records from an iterator of a type.
func (s *suite) read(
	kind types.ShardIteratorType, more func(*kinesis.GetShardIteratorInput), wanted int,
) ([]types.Record, error) {
	ctx := context.Background()
	input := &kinesis.GetShardIteratorInput{
		StreamName: &s.one, ShardId: aws.String(shard0), ShardIteratorType: kind,
	}
	if more != nil {
		more(input)
	}
	out, err := s.client.GetShardIterator(ctx, input)
	if err != nil {
		return nil, err
	}
	var records []types.Record
	iterator := out.ShardIterator
	for empty := 0; len(records) < wanted && empty < 20; {
		page, err := s.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		if err != nil {
			return nil, err
		}
		if len(page.Records) == 0 {
			empty++
		}
		records = append(records, page.Records...)
		iterator = page.NextShardIterator
	}
	return records, nil
}

func (s *suite) iterate() error {
	from := func(in *kinesis.GetShardIteratorInput) { in.StartingSequenceNumber = &s.numbers[10] }
	since := func(in *kinesis.GetShardIteratorInput) { in.Timestamp = aws.Time(time.Unix(1000, 0)) }
	cases := []struct {
		kind types.ShardIteratorType
		more func(*kinesis.GetShardIteratorInput)
		want string
	}{
		{types.ShardIteratorTypeAtSequenceNumber, from, s.numbers[10]},
		{types.ShardIteratorTypeAfterSequenceNumber, from, s.numbers[11]},
		{types.ShardIteratorTypeAtTimestamp, since, s.numbers[0]},
		{types.ShardIteratorTypeTrimHorizon, nil, s.numbers[0]},
	}
	for _, c := range cases {
		got, err := s.read(c.kind, c.more, 1)
		if err != nil {
			return err
		}
		if len(got) == 0 || *got[0].SequenceNumber != c.want {
			return fmt.Errorf("%s starts with %v", c.kind, got)
		}
	}
	got, err := s.read(types.ShardIteratorTypeLatest, nil, 1)
	if err != nil {
		return err
	}
	if len(got) != 0 {
		return fmt.Errorf("LATEST gave %d records", len(got))
	}
	return nil
}

func (s *suite) refused() error {
	ctx := context.Background()
	_, err := s.client.DescribeStream(ctx, &kinesis.DescribeStreamInput{StreamName: aws.String("nope")})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) || !matches(`^Stream nope under account \d{12} not found\.$`, *missing.Message) {
		return fmt.Errorf("missing stream: %v", err)
	}
	again := &kinesis.CreateStreamInput{StreamName: &s.stream, ShardCount: aws.Int32(1)}
	_, err = s.client.CreateStream(ctx, again)
	var used *types.ResourceInUseException
	if !errors.As(err, &used) || !matches(`^Stream \S+ under account \d{12} already exists\.$`, *used.Message) {
		return fmt.Errorf("second stream: %v", err)
	}
	forged := aws.String("AAAAAAAAAAF" + string(bytes.Repeat([]byte("A"), 205)))
	_, err = s.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: forged})
	var invalid *types.InvalidArgumentException
	if !errors.As(err, &invalid) || *invalid.Message != "Invalid ShardIterator." {
		return fmt.Errorf("forged iterator: %v", err)
	}
	slash := &kinesis.PutRecordInput{
		StreamName: aws.String("no/slash"), Data: []byte("x"), PartitionKey: aws.String("a"),
	}
	_, err = s.client.PutRecord(ctx, slash)
	var api smithy.APIError
	text := `^1 validation error detected: Value 'no/slash' at 'streamName' failed`
	if !errors.As(err, &api) || api.ErrorCode() != "ValidationException" || !matches(text, api.ErrorMessage()) {
		return fmt.Errorf("bad name: %v", err)
	}
	return nil
}

func matches(pattern, text string) bool {
	return regexp.MustCompile(pattern).MatchString(text)
}

func (s *suite) remove() error {
	ctx := context.Background()
	for _, name := range []string{s.stream, s.one} {
		if _, err := s.client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name}); err != nil {
			return err
		}
		waiter := kinesis.NewStreamNotExistsWaiter(s.client, func(o *kinesis.StreamNotExistsWaiterOptions) {
			o.MinDelay, o.MaxDelay = 200*time.Millisecond, time.Second
		})
		wait := &kinesis.DescribeStreamInput{StreamName: &name}
		if err := waiter.Wait(ctx, wait, 30*time.Second); err != nil {
			return err
		}
	}
	return nil
}

// closedByItself is the only error that is tried again, as users' clients do as well: on a busy
// machine this one now and then closes its own connection while it reads an answer, with nothing
// wrong on the wire.
type closedByItself struct{}

func (closedByItself) IsErrorRetryable(err error) aws.Ternary {
	isIt := strings.Contains(err.Error(), "use of closed network connection")
	if isIt {
		fmt.Println("     the client has closed its own connection and tries again")
	}
	return aws.BoolTernary(isIt)
}

func newSuite(way, endpoint string, insecure bool) *suite {
	options := kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(endpoint),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Retryables = []retry.IsErrorRetryable{closedByItself{}}
		}),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}
	if insecure {
		// The server signs its own certificate unless it is given one.
		options.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		})
	}
	return &suite{way: way, client: kinesis.New(options), stream: "go-" + way, one: "go-" + way + "-one"}
}

func main() {
	newSuite("http", os.Getenv("KINESIS_ENDPOINT"), false).run()
	if endpoint := os.Getenv("KINESIS_TLS_ENDPOINT"); endpoint != "" {
		newSuite("tls", endpoint, true).run()
	} else {
		fmt.Println("*** no TLS endpoint given: the run over TLS is SKIPPED ***")
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}
